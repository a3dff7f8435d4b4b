package io.polymq.config.reference;

/** A TOML file with every key: defaults as they are, the others as comments. */
public final class TomlReference {
    private final StringBuilder out = new StringBuilder();

    private TomlReference() {}

    public static String of(Class<?> root) {
        TomlReference reference = new TomlReference();
        reference.out.append(Intro.FILE);
        reference.section(SectionDoc.of(root));
        return reference.out.toString();
    }

    private void section(SectionDoc section) {
        if (!section.path().isEmpty()) {
            header(section);
        }
        for (KeyDoc key : section.keys()) {
            comment(key.doc() + " (" + key.values() + ')');
            out.append(key.active() && !section.optional() ? "" : "# ")
                    .append(key.name())
                    .append(" = ")
                    .append(key.shown())
                    .append('\n');
        }
        section.sections().forEach(this::section);
    }

    private void header(SectionDoc section) {
        out.append('\n');
        comment(section.doc());
        String path = section.path();
        String header =
                section.kind() == SectionDoc.Kind.LIST
                        ? "[[" + path.replace("[]", "") + "]]"
                        : "[" + path + "]";
        out.append(section.optional() ? "# " : "").append(header).append('\n');
    }

    private void comment(String text) {
        if (!text.isBlank()) {
            Wrapped.lines(text, 0).forEach(line -> out.append("# ").append(line).append('\n'));
        }
    }
}
