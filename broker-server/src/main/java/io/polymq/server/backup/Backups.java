package io.polymq.server.backup;

import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.drivers.MetadataDrivers;
import io.polymq.storage.ShardStore;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes backups below one folder, one at a time. The metadata is taken first: what it names then
 * has its records in the storage that is copied afterwards, unless somebody deleted it in between.
 * Virtual threads; blocks.
 */
public final class Backups {
    private static final Logger LOG = LoggerFactory.getLogger(Backups.class);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");
    private static final DateTimeFormatter DATED =
            DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    static final String STORAGE = "storage";
    static final String METADATA = "metadata";

    private final Path folder;
    private final ShardStore shards;
    private final MetadataStore metadata;
    private final InstantSource clock;
    private final String version;
    private final ReentrantLock one = new ReentrantLock();

    /**
     * @param folder where backups go; made with the first
     */
    public Backups(
            Path folder,
            ShardStore shards,
            MetadataStore metadata,
            InstantSource clock,
            String version) {
        this.folder = folder.toAbsolutePath().normalize();
        this.shards = shards;
        this.metadata = metadata;
        this.clock = clock;
        this.version = version;
    }

    /** On the admin port. */
    public AdminPages pages() {
        return new AdminRoutes(
                "/api/v1/backups",
                "Backups",
                List.of(
                        AdminRoute.get("", "Backups that were made here", this::list),
                        AdminRoute.post(
                                "",
                                "Makes a backup while the broker serves, and verifies it",
                                "name (without one, the time)",
                                this::make)));
    }

    private Object list(AdminCall call) throws IOException {
        List<Map<String, Object>> all = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> below = Files.list(folder)) {
                for (Path backup : below.sorted().toList()) {
                    if (Files.isRegularFile(backup.resolve(BackupContents.NAME))) {
                        all.add(shown(backup, BackupContents.read(backup)));
                    }
                }
            }
        }
        return Map.of("items", all, "total", all.size(), "page", 1, "perPage", all.size());
    }

    private static Map<String, Object> shown(Path backup, BackupContents contents) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", String.valueOf(backup.getFileName()));
        row.put("folder", backup.toString());
        row.put("made_at", contents.madeAt());
        row.put("version", contents.version());
        row.put("driver", contents.driver());
        row.put("metadata", contents.metadata());
        row.put("files", contents.files().size());
        row.put("bytes", contents.bytes());
        return row;
    }

    private Object make(AdminCall call) throws IOException {
        String asked = call.json().path("name").asText();
        String name = asked.isEmpty() ? DATED.format(clock.instant()) : asked;
        if (!NAME.matcher(name).matches()) {
            throw AdminRefusal.badRequest(
                    "A backup's name has letters, digits, '.', '_' and '-', at most 100 of them.");
        }
        if (!one.tryLock()) {
            throw new AdminRefusal(409, "Another backup is being made.");
        }
        try {
            Path backup = folder.resolve(name);
            return AdminAnswer.json(201, shown(backup, make(backup)));
        } catch (UnsupportedOperationException nothingKept) {
            throw new AdminRefusal(409, String.valueOf(nothingKept.getMessage()));
        } finally {
            one.unlock();
        }
    }

    /** Nothing of it stays when it fails. */
    BackupContents make(Path backup) throws IOException {
        if (Files.exists(backup)) {
            throw new AdminRefusal(409, "There is a backup of that name already.");
        }
        long begin = System.nanoTime();
        try {
            Files.createDirectories(backup.resolve(STORAGE));
            boolean snapshot;
            try (OutputStream out =
                    new BufferedOutputStream(Files.newOutputStream(backup.resolve(METADATA)))) {
                snapshot = MetadataDrivers.snapshot(metadata, out);
            }
            BackupContents.force(backup.resolve(METADATA));
            shards.copyTo(backup.resolve(STORAGE));
            BackupContents contents =
                    new BackupContents(
                            version,
                            shards.driver(),
                            snapshot,
                            clock.millis(),
                            BackupContents.measure(backup));
            contents.write(backup);
            LOG.atInfo()
                    .addKeyValue("folder", backup)
                    .addKeyValue("bytes", contents.bytes())
                    .addKeyValue("millis", (System.nanoTime() - begin) / 1_000_000)
                    .log("Backup made");
            return contents;
        } catch (IOException | RuntimeException failed) {
            remove(backup);
            throw failed;
        }
    }

    private static void remove(Path backup) {
        try (Stream<Path> files = Files.walk(backup)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException stays) {
            LOG.atWarn()
                    .addKeyValue("folder", backup)
                    .addKeyValue("reason", stays.toString())
                    .log("What a failed backup left could not be removed");
        }
    }
}
