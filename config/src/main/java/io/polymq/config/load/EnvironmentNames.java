package io.polymq.config.load;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** {@code mqtt_runtime.tcp_port} in the environment: {@code POLYMQ_MQTT_RUNTIME_TCP_PORT}. */
public final class EnvironmentNames {
    private static final String PREFIX = "POLYMQ_";

    /** Read by the launcher, not by the broker. */
    private static final Set<String> LAUNCHER =
            Set.of(
                    "POLYMQ_JAVA",
                    "POLYMQ_JAVA_OPTS",
                    "POLYMQ_HEAP",
                    "POLYMQ_DIRECT_MEMORY",
                    "POLYMQ_BUILD",
                    "POLYMQ_AOT",
                    "POLYMQ_CONFIG",
                    "POLYMQ_HOME");

    /** What Kubernetes sets for a service called polymq. */
    private static final Pattern SERVICE_LINK =
            Pattern.compile("POLYMQ_(.*_)?(SERVICE_(HOST|PORT.*)|PORT(_.*)?)");

    private EnvironmentNames() {}

    public static String variable(String path) {
        return PREFIX + path.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    static Map<String, String> byVariable(List<String> paths) {
        Map<String, String> byVariable = new HashMap<>();
        paths.forEach(path -> byVariable.put(variable(path), path));
        return byVariable;
    }

    /** Whether somebody probably wanted to set a key with it. */
    static boolean isOurs(String variable) {
        return variable.startsWith(PREFIX)
                && !LAUNCHER.contains(variable)
                && !SERVICE_LINK.matcher(variable).matches();
    }
}
