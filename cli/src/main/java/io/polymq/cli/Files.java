package io.polymq.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Files that the user names: what cannot be read is said in a sentence. */
final class Files {
    private Files() {}

    static String text(Path file) {
        return new String(bytes(file), StandardCharsets.UTF_8);
    }

    static byte[] bytes(Path file) {
        try {
            return java.nio.file.Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new CliException(
                    ExitStatus.IO,
                    file + " cannot be read: " + unreadable.getMessage() + ".",
                    unreadable);
        }
    }
}
