package io.polymq.config.load;

import io.polymq.config.PolyMqConfig;
import io.polymq.config.schema.Binder;
import io.polymq.config.schema.Node;
import io.polymq.config.schema.Origin;
import io.polymq.config.schema.Problems;
import io.polymq.config.schema.Tree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Reads a configuration from all its sources. What is wrong is told all at once, each thing with
 * the place where it was written.
 */
public final class ConfigLoader {
    private static final String SHORT_BIND = "bind";
    private static final String BIND = "network.bind";

    private final ConfigSources sources;
    private final List<String> paths = Tree.paths(PolyMqConfig.class);
    private final Problems problems = new Problems();
    private final List<String> warnings = new ArrayList<>();

    private ConfigLoader(ConfigSources sources) {
        this.sources = sources;
    }

    public static LoadedConfig load(ConfigSources sources) throws ConfigException {
        return new ConfigLoader(sources).load();
    }

    private LoadedConfig load() throws ConfigException {
        Path file = sources.file();
        Node.Table tree =
                file == null
                        ? Node.Table.empty(Origin.BUILT_IN)
                        : new SourceFile(file, problems).read();
        foldShortBind(tree);
        applyEnvironment(tree);
        applySettings(tree);
        Map<String, String> origins = new TreeMap<>();
        note(origins, "", tree);
        boolean certificate = tree.at("tls.certificate").isPresent();
        PolyMqConfig config =
                new Binder(problems, certificate, paths).bind(PolyMqConfig.class, tree, "");
        if (config != null) {
            new PortRules(config, tree, problems).check();
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems.sorted());
        }
        return new LoadedConfig(Objects.requireNonNull(config), warnings, origins);
    }

    private static void note(Map<String, String> origins, String prefix, Node.Table table) {
        table.entries()
                .forEach(
                        (name, node) -> {
                            if (node instanceof Node.Table inner) {
                                note(origins, prefix + name + '.', inner);
                            } else {
                                origins.put(prefix + name, node.origin().toString());
                            }
                        });
    }

    /** {@code bind} at the top level is a short name of {@code network.bind}. */
    private void foldShortBind(Node.Table tree) {
        Node bind = tree.entries().remove(SHORT_BIND);
        if (bind == null) {
            return;
        }
        if (tree.at(BIND).isPresent()) {
            problems.add(
                    bind.origin(), SHORT_BIND, "is the same setting as " + BIND + "; keep one");
        } else if (!tree.put(BIND, bind)) {
            problems.add(bind.origin(), SHORT_BIND, "cannot be set, because network is no section");
        }
    }

    private void applyEnvironment(Node.Table tree) {
        Map<String, String> variables = EnvironmentNames.byVariable(paths);
        variables.put("POLYMQ_BIND", BIND);
        new TreeMap<>(sources.environment())
                .forEach(
                        (variable, value) -> {
                            String path = variables.get(variable);
                            if (path != null) {
                                set(tree, path, value, new Origin(variable, 0));
                            } else if (EnvironmentNames.isOurs(variable)) {
                                warnings.add(
                                        "The environment variable "
                                                + variable
                                                + " sets nothing: no key has that name.");
                            }
                        });
    }

    private void applySettings(Node.Table tree) {
        for (String setting : sources.settings()) {
            int equals = setting.indexOf('=');
            String path = equals < 0 ? setting : setting.substring(0, equals).strip();
            Origin origin = new Origin("--set " + path, 0);
            if (equals <= 0 || path.isEmpty()) {
                problems.add(origin, "", "must look like key=value");
            } else {
                set(
                        tree,
                        path.equals(SHORT_BIND) ? BIND : path,
                        setting.substring(equals + 1),
                        origin);
            }
        }
    }

    private void set(Node.Table tree, String path, String value, Origin origin) {
        if (!tree.put(path, new Node.Text(origin, value.strip(), true))) {
            problems.add(origin, path, "cannot be set, because a part of it is no section");
        }
    }
}
