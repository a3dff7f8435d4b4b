package io.polymq.config.reference;

import io.polymq.config.schema.Key;
import io.polymq.config.schema.Section;
import java.util.ArrayList;
import java.util.List;

/**
 * A section as the reference shows it.
 *
 * @param name the last part of its path; empty for the top level
 * @param path dotted, with {@code []} after lists of sections and {@code .NAME} after maps of them
 * @param optional whether the section as a whole may be left out, which its absence means
 */
record SectionDoc(
        String name,
        String path,
        Kind kind,
        String doc,
        boolean optional,
        List<KeyDoc> keys,
        List<SectionDoc> sections) {

    enum Kind {
        SINGLE,
        LIST,
        MAP
    }

    static SectionDoc of(Class<?> root) {
        return of(root, "", "", Kind.SINGLE, false);
    }

    private static SectionDoc of(
            Class<?> type, String name, String path, Kind kind, boolean optional) {
        Section<?> section = Section.of(type);
        List<KeyDoc> keys = new ArrayList<>();
        List<SectionDoc> sections = new ArrayList<>();
        for (Key key : section.keys()) {
            if (key.ports() != null) {
                Section.of(key.type())
                        .keys()
                        .forEach(port -> keys.add(KeyDoc.ofPort(port, key.ports())));
            } else if (key.isSection()) {
                sections.add(inner(key, key.type(), path, Kind.SINGLE, optional));
            } else if (key.hasSections()) {
                Kind many = key.isList() ? Kind.LIST : Kind.MAP;
                sections.add(inner(key, key.element(), path, many, optional));
            } else {
                keys.add(KeyDoc.of(key));
            }
        }
        return new SectionDoc(name, path, kind, section.doc(), optional, keys, sections);
    }

    private static SectionDoc inner(
            Key key, Class<?> type, String parent, Kind kind, boolean optional) {
        String path = parent.isEmpty() ? key.name() : parent + '.' + key.name();
        String suffix =
                switch (kind) {
                    case SINGLE -> "";
                    case LIST -> "[]";
                    case MAP -> ".NAME";
                };
        boolean mayBeAbsent = optional || kind != Kind.SINGLE || key.isNullable();
        SectionDoc inner = of(type, key.name(), path + suffix, kind, mayBeAbsent);
        return key.doc().isEmpty()
                ? inner
                : new SectionDoc(
                        inner.name,
                        inner.path,
                        kind,
                        (key.doc() + ' ' + inner.doc).strip(),
                        mayBeAbsent,
                        inner.keys,
                        inner.sections);
    }
}
