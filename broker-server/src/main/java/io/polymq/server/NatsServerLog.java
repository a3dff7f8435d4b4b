package io.polymq.server;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import io.polymq.config.LogConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.nats.options.LogOptions;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log in nats-server's form, {@code [pid] date [INF] text}, so that what reads its log finds
 * what it looks for. Only the process sets it up.
 */
final class NatsServerLog {

    private NatsServerLog() {}

    static void apply(LogOptions options) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        OutputStreamAppender<ILoggingEvent> appender = appender(options.file());
        appender.setContext(context);
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(pattern(options.times()));
        encoder.start();
        appender.setEncoder(encoder);
        appender.start();
        context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
        LogSetup.levels(
                Defaults.with(LogConfig.class, "level=" + (options.debug() ? "debug" : "info")));
    }

    private static OutputStreamAppender<ILoggingEvent> appender(
            @org.jspecify.annotations.Nullable Path file) {
        if (file == null) {
            ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
            console.setTarget("System.err");
            return console;
        }
        FileAppender<ILoggingEvent> toFile = new FileAppender<>();
        toFile.setFile(file.toString());
        return toFile;
    }

    private static String pattern(boolean times) {
        return "["
                + ProcessHandle.current().pid()
                + "] "
                + (times ? "%d{yyyy/MM/dd HH:mm:ss.SSSSSS} " : "")
                + "[%replace(%replace(%replace(%replace(%replace(%level){'INFO','INF'}){'WARN','WRN'})"
                + "{'ERROR','ERR'}){'DEBUG','DBG'}){'TRACE','TRC'}] %msg %kvp%n%ex";
    }
}
