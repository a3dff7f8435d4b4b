package io.polymq.config.schema;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A record type as a section: its keys, and how one is made. Immutable. */
public final class Section<T> {
    /** A record's annotations take long to read, and a start asks for each section many times. */
    private static final ClassValue<Section<?>> KNOWN =
            new ClassValue<>() {
                @Override
                protected Section<?> computeValue(Class<?> type) {
                    return new Section<>(type);
                }
            };

    private final Class<T> type;
    private final List<Key> keys;
    private final List<String> names;

    private Section(Class<T> type) {
        this.type = type;
        this.keys = Arrays.stream(type.getRecordComponents()).map(Key::new).toList();
        this.names = keys.stream().flatMap(Section::written).toList();
    }

    @SuppressWarnings("unchecked") // each class has the section of its own
    public static <T> Section<T> of(Class<T> type) {
        return (Section<T>) KNOWN.get(type);
    }

    private static Stream<String> written(Key key) {
        return key.ports() == null
                ? Stream.of(key.name())
                : Section.of(key.type()).names().stream();
    }

    public List<Key> keys() {
        return keys;
    }

    /** The names that may be written in this section, in order, those of its ports among them. */
    public List<String> names() {
        return names;
    }

    public String doc() {
        Doc doc = type.getAnnotation(Doc.class);
        return doc == null ? "" : doc.value();
    }

    /**
     * Calls the record's constructor, whose own checks may refuse.
     *
     * @param values in the order of the keys
     */
    T create(@Nullable Object[] values) {
        Class<?>[] types = keys.stream().map(Key::type).toArray(Class<?>[]::new);
        try {
            Constructor<T> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException refused) {
            if (refused.getCause() instanceof IllegalArgumentException cause) {
                throw cause;
            }
            throw new IllegalStateException("cannot create " + type, refused);
        } catch (ReflectiveOperationException notPublic) {
            throw new IllegalStateException("cannot create " + type, notPublic);
        }
    }
}
