package io.polymq.config.schema;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A record type as a section: its keys, and how one is made. */
public final class Section<T> {
    private final Class<T> type;
    private final List<Key> keys;

    private Section(Class<T> type, List<Key> keys) {
        this.type = type;
        this.keys = keys;
    }

    public static <T> Section<T> of(Class<T> type) {
        return new Section<>(
                type, Arrays.stream(type.getRecordComponents()).map(Key::new).toList());
    }

    public List<Key> keys() {
        return keys;
    }

    /** The names that may be written in this section, in order, those of its ports among them. */
    public List<String> names() {
        return keys.stream()
                .flatMap(
                        key ->
                                key.ports() == null
                                        ? java.util.stream.Stream.of(key.name())
                                        : Section.of(key.type()).names().stream())
                .toList();
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
        Class<?>[] types =
                Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getType)
                        .toArray(Class<?>[]::new);
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
