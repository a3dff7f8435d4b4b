package io.polymq.config.load;

import io.polymq.config.schema.Node;
import io.polymq.config.schema.Origin;
import io.polymq.config.schema.Problems;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** Reads a configuration file into nodes; everything that can be wrong with it is a problem. */
final class SourceFile {
    private static final long LARGEST = 4 << 20;

    private final Path path;
    private final String name;
    private final Problems problems;

    SourceFile(Path path, Problems problems) {
        this.path = path;
        this.name = path.toString();
        this.problems = problems;
    }

    /** An empty table when there are problems. */
    Node.Table read() {
        Origin top = new Origin(name, 0);
        String text = text();
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".toml")) {
            return new TomlSource(name, problems).read(text);
        }
        if (lower.endsWith(".yaml") || lower.endsWith(".yml")) {
            return new YamlSource(name, problems).read(text);
        }
        problems.add(top, "", "the name of a configuration file ends in .toml, .yaml or .yml");
        return Node.Table.empty(top);
    }

    private String text() {
        try {
            if (Files.isDirectory(path)) {
                refuse("is a folder, not a configuration file");
                return "";
            }
            if (Files.size(path) > LARGEST) {
                refuse("is larger than 4 MiB");
                return "";
            }
            return decoded(Files.readAllBytes(path));
        } catch (NoSuchFileException missing) {
            refuse("there is no such file");
        } catch (AccessDeniedException denied) {
            refuse("may not be read by this user");
        } catch (IOException failed) {
            refuse("cannot be read: " + failed.getMessage());
        }
        return "";
    }

    private String decoded(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            int line = 1;
            for (int i = 0; i < in.position(); i++) {
                line += bytes[i] == '\n' ? 1 : 0;
            }
            int bad = bytes[in.position()] & 0xFF;
            problems.add(
                    new Origin(name, line),
                    "",
                    "is not UTF-8 (byte 0x%02X in this line)".formatted(bad));
            return "";
        }
        String text = out.flip().toString();
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private void refuse(String why) {
        problems.add(new Origin(name, 0), "", why);
    }
}
