package io.polymq.server;

import io.polymq.config.LogConfig;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Hands a command on to {@code polymq-cli.jar}, which lies beside {@code polymq.jar}: clients of
 * all protocols are in it, and a broker never loads them. Knows it by name only.
 */
final class ClientCommands {
    private static final String JAR = "polymq-cli.jar";
    private static final String MAIN = "io.polymq.cli.PolymqCli";

    private ClientCommands() {}

    /** Does not return when the command was found: it ends the process with its own code. */
    static void run(List<String> arguments) throws Command.UsageException {
        LogSetup.apply(new LogConfig("warn", "text", Map.of()));
        Path jar = jar();
        if (jar == null) {
            throw new Command.UsageException(
                    "\""
                            + arguments.getFirst()
                            + "\" is no command of the broker's own, and "
                            + JAR
                            + ", which has the others, is not beside it.");
        }
        try (URLClassLoader loader =
                new URLClassLoader(
                        new URL[] {jar.toUri().toURL()}, ClientCommands.class.getClassLoader())) {
            Thread.currentThread().setContextClassLoader(loader);
            loader.loadClass(MAIN)
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) arguments.toArray(String[]::new));
        } catch (InvocationTargetException thrown) {
            throw new IllegalStateException("the command failed", thrown.getCause());
        } catch (IOException | ReflectiveOperationException unusable) {
            throw new Command.UsageException(jar + " cannot be used: " + unusable.getMessage());
        }
    }

    /** The broker's own jar, if the commands lie beside it. */
    static @Nullable Path brokersJar() {
        return jar() == null ? null : own();
    }

    /** Beside our own jar; in a checkout, where its module puts it. */
    private static @Nullable Path jar() {
        Path own = own();
        if (own == null) {
            return null;
        }
        Stream<Path> places =
                Stream.of(
                        own.resolveSibling(JAR),
                        own.resolveSibling(
                                String.join(File.separator, "..", "..", "cli", "target", JAR)));
        return places.filter(Files::isRegularFile).findFirst().orElse(null);
    }

    private static @Nullable Path own() {
        CodeSource source = ClientCommands.class.getProtectionDomain().getCodeSource();
        try {
            return source == null ? null : Path.of(source.getLocation().toURI());
        } catch (URISyntaxException unusual) {
            return null;
        }
    }
}
