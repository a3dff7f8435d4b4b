package io.polymq.config.schema;

import java.lang.annotation.Annotation;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One component of a section's record, as a key of the configuration. */
public final class Key {
    private static final Set<String> ENCRYPTED = Set.of("tls_port", "websockets_port", "quic_port");

    private final RecordComponent component;
    private final String name;
    private final boolean nullable;

    Key(RecordComponent component) {
        this.component = component;
        this.name = snakeCase(component.getName());
        this.nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    /** {@code maxConnectionsPerIp} is {@code max_connections_per_ip}. */
    static String snakeCase(String camelCase) {
        StringBuilder snake = new StringBuilder(camelCase.length() + 8);
        for (int i = 0; i < camelCase.length(); i++) {
            char letter = camelCase.charAt(i);
            if (Character.isUpperCase(letter)
                    && i > 0
                    && !Character.isUpperCase(camelCase.charAt(i - 1))) {
                snake.append('_');
            }
            snake.append(Character.toLowerCase(letter));
        }
        return snake.toString();
    }

    public String name() {
        return name;
    }

    public Class<?> type() {
        return component.getType();
    }

    public boolean isNullable() {
        return nullable;
    }

    public boolean isSection() {
        return isSection(type());
    }

    /** Whether it is a list or a map of sections. */
    public boolean hasSections() {
        return (isList() || isMap()) && isSection(element());
    }

    /** The default of a port key in a section with these defaults; 0 is off. */
    public int defaultPort(DefaultPorts defaults) {
        return switch (name) {
            case "tcp_port" -> defaults.tcp();
            case "tls_port" -> defaults.tls();
            case "websocket_port" -> defaults.websocket();
            case "websockets_port" -> defaults.websockets();
            case "quic_port" -> defaults.quic();
            default -> throw new IllegalStateException("no transport has a " + name);
        };
    }

    /** Whether a port key's default holds only with a certificate. */
    public boolean isEncryptedPort() {
        return ENCRYPTED.contains(name);
    }

    static boolean isSection(Class<?> type) {
        return type.isRecord() && type != Secret.class;
    }

    public boolean isList() {
        return type() == List.class;
    }

    public boolean isMap() {
        return type() == Map.class;
    }

    /** What a list's items or a map's values are. */
    public Class<?> element() {
        Type[] arguments =
                ((ParameterizedType) component.getGenericType()).getActualTypeArguments();
        return (Class<?>) arguments[arguments.length - 1];
    }

    public @Nullable DefaultPorts ports() {
        return annotation(DefaultPorts.class);
    }

    public @Nullable String defaultText() {
        Default value = annotation(Default.class);
        return value == null ? null : value.value();
    }

    public boolean isRequired() {
        return !isNullable()
                && !isSection()
                && !isList()
                && !isMap()
                && ports() == null
                && defaultText() == null;
    }

    public boolean isBytes() {
        return annotation(Bytes.class) != null;
    }

    public List<String> words() {
        OneOf words = annotation(OneOf.class);
        if (words != null) {
            return List.of(words.value());
        }
        Class<?> single = isList() || isMap() ? element() : type();
        if (!single.isEnum()) {
            return List.of();
        }
        return Arrays.stream(single.getEnumConstants())
                .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                .toList();
    }

    public @Nullable Within within() {
        return annotation(Within.class);
    }

    public String doc() {
        Doc doc = annotation(Doc.class);
        return doc == null ? "" : doc.value();
    }

    public String example() {
        Doc doc = annotation(Doc.class);
        return doc == null ? "" : doc.example();
    }

    private <A extends Annotation> @Nullable A annotation(Class<A> type) {
        return component.getAnnotation(type);
    }
}
