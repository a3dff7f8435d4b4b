package io.polymq.config.reference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.util.Objects;

/** The same file in YAML. */
public final class YamlReference {
    private final StringBuilder out = new StringBuilder();

    private YamlReference() {}

    public static String of(Class<?> root) {
        YamlReference reference = new YamlReference();
        reference.out.append(Intro.FILE);
        reference.section(SectionDoc.of(root), "");
        return reference.out.toString();
    }

    private void section(SectionDoc section, String indent) {
        for (KeyDoc key : section.keys()) {
            comment(key.doc() + " (" + key.values() + ')', indent);
            line(
                    indent,
                    !key.active() || section.optional(),
                    key.name() + ": " + yaml(key.shown()));
        }
        for (SectionDoc inner : section.sections()) {
            if (indent.isEmpty()) {
                out.append('\n');
            }
            comment(inner.doc(), indent);
            line(indent, inner.optional(), inner.name() + ':');
            String deeper = indent + "  ";
            if (inner.kind() != SectionDoc.Kind.SINGLE) {
                line(deeper, true, inner.kind() == SectionDoc.Kind.LIST ? "-" : "NAME:");
                deeper = deeper + "  ";
            }
            section(inner, deeper);
        }
    }

    private void line(String indent, boolean asComment, String text) {
        out.append(indent).append(asComment ? "# " : "").append(text).append('\n');
    }

    private void comment(String text, String indent) {
        if (!text.isBlank()) {
            Wrapped.lines(text, indent.length())
                    .forEach(line -> out.append(indent).append("# ").append(line).append('\n'));
        }
    }

    /** Examples are written in TOML; JSON is YAML as well. */
    private static String yaml(String toml) {
        try {
            JsonNode value = new TomlMapper().readTree("value = " + toml).get("value");
            return Objects.requireNonNull(value).toString();
        } catch (JsonProcessingException notToml) {
            throw new IllegalStateException("not a TOML value: " + toml, notToml);
        }
    }
}
