package io.polymq.config.schema;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is in force, key by key, for people to look at. Secrets are stars. Stateless. */
public final class Effective {
    private Effective() {}

    /** The values of a section's record by their dotted keys; what is not set is left out. */
    public static Map<String, String> of(Record section) {
        Map<String, String> values = new LinkedHashMap<>();
        add(values, "", section);
        return values;
    }

    private static void add(Map<String, String> values, String prefix, Record section) {
        for (RecordComponent component : section.getClass().getRecordComponents()) {
            Object value = value(component, section);
            if (component.isAnnotationPresent(DefaultPorts.class)
                    && value instanceof Record ports) {
                add(values, prefix, ports);
            } else {
                addValue(values, prefix + Key.snakeCase(component.getName()), value);
            }
        }
    }

    private static void addValue(Map<String, String> values, String key, @Nullable Object value) {
        switch (value) {
            case null -> {}
            case Secret secret -> values.put(key, secret.toString());
            case Record inner when inner.getClass().getPackageName().startsWith("io.polymq") ->
                    add(values, key + ".", inner);
            case Map<?, ?> map ->
                    map.forEach((name, inner) -> addValue(values, key + "." + name, inner));
            case Collection<?> list when holdsSections(list) -> {
                int number = 0;
                for (Object inner : list) {
                    addValue(values, key + "." + number++, inner);
                }
            }
            default -> values.put(key, value.toString());
        }
    }

    private static boolean holdsSections(Collection<?> list) {
        return list.stream().anyMatch(Record.class::isInstance);
    }

    private static @Nullable Object value(RecordComponent component, Record section) {
        try {
            return component.getAccessor().invoke(section);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException("a record without its accessor", impossible);
        }
    }
}
