package io.polymq.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.polymq.config.LogConfig;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets up the process's log on standard error. Only the process does this; a broker embedded in
 * another program leaves that program's log alone.
 */
final class LogSetup {
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0} %msg %kvp%n%ex";

    private static final List<String> FOREIGN = List.of("org.apache", "io.netty", "io.grpc");

    private LogSetup() {}

    static void apply(LogConfig config) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(config.format().equals("json") ? json(context) : text(context));
        appender.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
        levels(config);
    }

    /** Changes the levels only, which can be done at any time. */
    static void levels(LogConfig config) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.getLoggerList()
                .forEach(
                        logger -> {
                            if (!logger.getName().equals(Logger.ROOT_LOGGER_NAME)) {
                                logger.setLevel(null);
                            }
                        });
        context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.toLevel(config.level()));
        FOREIGN.forEach(name -> context.getLogger(name).setLevel(foreign(config)));
        config.levels()
                .forEach((name, level) -> context.getLogger(name).setLevel(Level.toLevel(level)));
    }

    /** Libraries tell at info what PolyMQ tells at debug. */
    private static Level foreign(LogConfig config) {
        Level level = Level.toLevel(config.level());
        return level.equals(Level.INFO) ? Level.WARN : level;
    }

    private static Encoder<ILoggingEvent> text(LoggerContext context) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        return encoder;
    }

    private static Encoder<ILoggingEvent> json(LoggerContext context) {
        JsonEncoder encoder = new JsonEncoder();
        encoder.setContext(context);
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.setWithContext(false);
        encoder.setWithArguments(false);
        encoder.setWithMessage(false);
        encoder.setWithFormattedMessage(true);
        encoder.start();
        return encoder;
    }
}
