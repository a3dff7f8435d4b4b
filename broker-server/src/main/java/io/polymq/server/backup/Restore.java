package io.polymq.server.backup;

import io.polymq.meta.drivers.MetadataDrivers;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Makes a data folder of a backup, for a broker that is not running. Blocks. */
public final class Restore {
    private final Path backup;
    private final Path dataPath;

    public Restore(Path backup, Path dataPath) {
        this.backup = backup.toAbsolutePath().normalize();
        this.dataPath = dataPath.toAbsolutePath().normalize();
    }

    /**
     * Verifies every file first; the data path must not be there or be empty.
     *
     * @return what was restored, in a sentence
     * @throws IOException with a sentence
     */
    public String run() throws IOException {
        BackupContents contents = BackupContents.read(backup);
        contents.verify(backup);
        if (Files.isDirectory(dataPath)) {
            try (Stream<Path> inside = Files.list(dataPath)) {
                if (inside.findAny().isPresent()) {
                    throw new IOException(
                            dataPath + " is not empty; a backup is restored into a new folder.");
                }
            }
        }
        Files.createDirectories(dataPath);
        for (BackupContents.File file : contents.files()) {
            if (file.path().startsWith(Backups.STORAGE + '/')) {
                Path target = dataPath.resolve(file.path());
                Path parent = target.getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                Files.copy(backup.resolve(file.path()), target);
                BackupContents.force(target);
            }
        }
        if (contents.metadata()) {
            try (InputStream in =
                    new BufferedInputStream(
                            Files.newInputStream(backup.resolve(Backups.METADATA)))) {
                MetadataDrivers.restore(in, dataPath);
            }
        }
        BackupContents.force(dataPath);
        return contents.files().size()
                + " files, "
                + contents.bytes()
                + " bytes, storage driver "
                + contents.driver()
                + (contents.metadata() ? "" : "; the metadata is where etcd keeps it");
    }
}
