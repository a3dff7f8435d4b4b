package io.polymq.config.reference;

import io.polymq.config.load.EnvironmentNames;

/** The reference page: a table per section. */
public final class MarkdownReference {
    private final StringBuilder out = new StringBuilder();

    private MarkdownReference() {}

    public static String of(Class<?> root) {
        MarkdownReference reference = new MarkdownReference();
        reference.out.append(Intro.PAGE);
        reference.section(SectionDoc.of(root));
        return reference.out.toString();
    }

    private void section(SectionDoc section) {
        boolean single = section.kind() == SectionDoc.Kind.SINGLE;
        String title = section.path().isEmpty() ? "Top level" : '`' + section.path() + '`';
        if (!section.keys().isEmpty() || !section.doc().isEmpty()) {
            out.append("\n## ").append(title).append("\n\n");
        }
        if (!section.doc().isEmpty()) {
            out.append(section.doc()).append("\n\n");
        }
        if (section.optional() && single) {
            out.append("The section may be left out.\n\n");
        }
        if (!section.keys().isEmpty()) {
            out.append("| Key | Default | Values | Meaning |\n|---|---|---|---|\n");
            section.keys().forEach(this::row);
            if (single) {
                String first = section.keys().getFirst().name();
                String path = section.path().isEmpty() ? first : section.path() + '.' + first;
                out.append("\nIn the environment: `")
                        .append(EnvironmentNames.variable(path))
                        .append("` and so on.\n");
            }
        }
        section.sections().forEach(this::section);
    }

    private void row(KeyDoc key) {
        out.append("| `")
                .append(key.name())
                .append("` | ")
                .append(
                        key.active() && !key.defaultWords().equals("none")
                                ? code(key)
                                : key.defaultWords())
                .append(" | ")
                .append(key.values())
                .append(" | ")
                .append(key.doc().replace("|", "\\|"))
                .append(" |\n");
    }

    private static String code(KeyDoc key) {
        return '`' + key.defaultWords() + '`';
    }
}
