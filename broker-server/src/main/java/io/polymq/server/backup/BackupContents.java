package io.polymq.server.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * What {@code backup.json} says. Immutable.
 *
 * @param driver of storage
 * @param metadata whether the metadata is in it; it is not when a service keeps it
 * @param madeAt milliseconds since 1970
 */
record BackupContents(
        String version, String driver, boolean metadata, long madeAt, List<File> files) {

    static final String NAME = "backup.json";
    static final int FORMAT = 1;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CHUNK = 1 << 16;

    /**
     * One file.
     *
     * @param path below the backup's folder, with slashes
     */
    record File(String path, long bytes, String sha256) {}

    BackupContents {
        files = List.copyOf(files);
    }

    long bytes() {
        return files.stream().mapToLong(File::bytes).sum();
    }

    /** Every file below the folder, measured. */
    static List<File> measure(Path folder) throws IOException {
        List<File> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                files.add(
                        new File(
                                folder.relativize(file).toString().replace('\\', '/'),
                                Files.size(file),
                                sha256(file)));
            }
        }
        return files;
    }

    static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[CHUNK];
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                digest.update(chunk, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    /** Makes the folder a backup. */
    void write(Path folder) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT);
        root.put("version", version);
        root.put("driver", driver);
        root.put("metadata", metadata);
        root.put("made_at", madeAt);
        ArrayNode list = root.putArray("files");
        for (File file : files) {
            list.addObject()
                    .put("path", file.path())
                    .put("bytes", file.bytes())
                    .put("sha256", file.sha256());
        }
        Path fresh = folder.resolve(NAME + ".new");
        Files.write(fresh, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
        force(fresh);
        Files.move(fresh, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
        force(folder);
    }

    static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Fails with a sentence when the folder is no backup, or one that this release cannot read. */
    static BackupContents read(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        if (!Files.isRegularFile(file)) {
            throw new IOException(folder + " is no backup, or one that was not finished.");
        }
        JsonNode root = JSON.readTree(Files.readAllBytes(file));
        int format = root.path("format").asInt();
        if (format < 1 || format > FORMAT) {
            throw new IOException(folder + " has format " + format + ", made by a newer release.");
        }
        List<File> files = new ArrayList<>();
        for (JsonNode one : root.path("files")) {
            files.add(
                    new File(
                            one.path("path").asText(),
                            one.path("bytes").asLong(),
                            one.path("sha256").asText()));
        }
        return new BackupContents(
                root.path("version").asText(),
                root.path("driver").asText(),
                root.path("metadata").asBoolean(),
                root.path("made_at").asLong(),
                files);
    }

    /** Fails when a file is missing or not as it was. */
    void verify(Path folder) throws IOException {
        Path root = folder.toAbsolutePath().normalize();
        for (File file : files) {
            Path path = root.resolve(file.path()).normalize();
            if (!path.startsWith(root)) {
                throw new IOException(file.path() + " is not below the backup.");
            }
            if (!Files.isRegularFile(path)
                    || Files.size(path) != file.bytes()
                    || !sha256(path).equals(file.sha256())) {
                throw new IOException(path + " is missing or damaged.");
            }
        }
    }
}
