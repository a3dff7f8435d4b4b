package io.polymq.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A device that forgets. Writes and truncations are volatile until their file is forced; names
 * made, moved and removed until their folder is. At {@link #powerLoss} each volatile change is kept
 * or lost by chance, writes even in parts: sectors of 512 or 4096 bytes, in any combination. After
 * {@link #cutAfter} so many operations every further one fails, as for a process whose power is
 * gone.
 */
final class SimulatedDisk implements Disk {

    private final Random random;
    private final Map<Path, Content> names = new TreeMap<>();
    private final Map<Path, Content> durableNames = new TreeMap<>();
    private final Map<Path, List<NameChange>> unforcedNames = new HashMap<>();
    private int life;
    private long operationsLeft = Long.MAX_VALUE;
    private long capacity = Long.MAX_VALUE / 4;
    private int failingForces;
    private String failingFolder = "";
    private int failingWrites;
    private long forceMillis;
    private boolean holdingWrites;
    private boolean writeHeld;

    /** A change of the names in a folder. */
    private record NameChange(@Nullable Path gone, @Nullable Path here, @Nullable Content content) {
        void applyTo(Map<Path, Content> map) {
            if (gone != null && here != null) {
                Content moved = map.remove(gone);
                if (moved != null) {
                    map.put(here, moved);
                }
            } else if (gone != null) {
                map.remove(gone);
            } else if (here != null && content != null) {
                map.put(here, content);
            }
        }
    }

    /** A file's bytes: as they are, as they are for sure, and what lies between. */
    private static final class Content {
        byte[] now = new byte[0];
        byte[] durable = new byte[0];
        final List<Change> unforced = new ArrayList<>();
    }

    /** A write, or a truncation when there are no bytes. */
    private record Change(long position, byte @Nullable [] bytes) {}

    SimulatedDisk(Random random) {
        this.random = random;
    }

    /** Every operation after so many fails. */
    synchronized void cutAfter(long operations) {
        operationsLeft = operations;
    }

    synchronized boolean isCut() {
        return operationsLeft <= 0;
    }

    synchronized void capacity(long bytes) {
        capacity = bytes;
    }

    synchronized void failForces(int count) {
        failForces(count, "");
    }

    /** Those of files in folders of that name alone. */
    synchronized void failForces(int count, String folder) {
        failingForces = count;
        failingFolder = folder;
    }

    synchronized void failWrites(int count) {
        failingWrites = count;
    }

    /** Writes wait until they are released. */
    synchronized void holdWrites() {
        holdingWrites = true;
    }

    synchronized boolean isWriteHeld() {
        return writeHeld;
    }

    synchronized void releaseWrites() {
        holdingWrites = false;
        notifyAll();
    }

    private void awaitRelease() throws IOException {
        try {
            while (holdingWrites) {
                writeHeld = true;
                wait();
            }
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        } finally {
            writeHeld = false;
        }
    }

    synchronized void slowForces(long millis) {
        forceMillis = millis;
    }

    synchronized long usedBytes() {
        return names.values().stream().mapToLong(content -> content.now.length).sum();
    }

    /** The power comes back: what was not forced is there, or not, or in part. */
    synchronized void powerLoss() {
        int style = random.nextInt(4);
        for (List<NameChange> changes : unforcedNames.values()) {
            for (NameChange change : changes) {
                if (keeps(style)) {
                    change.applyTo(durableNames);
                }
            }
        }
        unforcedNames.clear();
        names.clear();
        names.putAll(durableNames);
        for (Content content : names.values()) {
            int sector = random.nextBoolean() ? 512 : 4096;
            byte[] bytes = content.durable;
            for (Change change : content.unforced) {
                bytes = survive(bytes, change, style, sector);
            }
            content.now = bytes;
            content.durable = bytes.clone();
            content.unforced.clear();
        }
        life++;
        failingForces = 0;
        operationsLeft = Long.MAX_VALUE;
    }

    private boolean keeps(int style) {
        return switch (style) {
            case 0 -> false;
            case 1 -> true;
            default -> random.nextBoolean();
        };
    }

    private byte[] survive(byte[] before, Change change, int style, int sector) {
        byte[] bytes = change.bytes;
        if (bytes == null) {
            return keeps(style) ? Arrays.copyOf(before, (int) change.position) : before;
        }
        byte[] after = before;
        long at = change.position;
        while (at < change.position + bytes.length) {
            long next = Math.min(change.position + bytes.length, (at / sector + 1) * sector);
            if (keeps(style)) {
                after = put(after, at, bytes, (int) (at - change.position), (int) (next - at));
            }
            at = next;
        }
        return after;
    }

    private static byte[] put(byte[] to, long at, byte[] from, int start, int length) {
        byte[] bytes = to.length < at + length ? Arrays.copyOf(to, (int) (at + length)) : to;
        System.arraycopy(from, start, bytes, (int) at, length);
        return bytes;
    }

    private void spend() throws IOException {
        if (operationsLeft <= 0) {
            throw new IOException("the power is gone");
        }
        operationsLeft--;
    }

    private void changed(Path folder, NameChange change) {
        change.applyTo(names);
        unforcedNames.computeIfAbsent(folder, absent -> new ArrayList<>()).add(change);
    }

    private static Path folderOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    @Override
    public synchronized File open(Path file, boolean create) throws IOException {
        spend();
        Content content = names.get(file);
        if (content == null) {
            if (!create) {
                throw new FileNotFoundException(file.toString());
            }
            content = new Content();
            changed(folderOf(file), new NameChange(null, file, content));
        }
        return new Handle(content, life, folderOf(file).toString());
    }

    @Override
    public synchronized boolean exists(Path file) {
        return names.containsKey(file);
    }

    @Override
    public synchronized List<String> list(Path folder) {
        return names.keySet().stream()
                .filter(file -> file.startsWith(folder) && !file.equals(folder))
                .map(file -> folder.relativize(file).getName(0).toString())
                .distinct()
                .sorted()
                .toList();
    }

    @Override
    public synchronized void createFolder(Path folder) throws IOException {
        spend();
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        spend();
        changed(folderOf(to), new NameChange(from, to, null));
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        spend();
        changed(folderOf(file), new NameChange(file, null, null));
    }

    @Override
    public synchronized void forceFolder(Path folder) throws IOException {
        spend();
        List<NameChange> changes = unforcedNames.remove(folder);
        if (changes != null) {
            changes.forEach(change -> change.applyTo(durableNames));
        }
    }

    @Override
    public synchronized long usableBytes() {
        return capacity - usedBytes();
    }

    private final class Handle implements File {
        private final Content content;
        private final int born;
        private final String folder;

        Handle(Content content, int born, String folder) {
            this.content = content;
            this.born = born;
            this.folder = folder;
        }

        private void use() throws IOException {
            if (born != life) {
                throw new IOException("the file was opened before the power went");
            }
            spend();
        }

        @Override
        public int read(ByteBuffer to, long position) throws IOException {
            synchronized (SimulatedDisk.this) {
                if (born != life || operationsLeft <= 0) {
                    throw new IOException("the power is gone");
                }
                int left = (int) Math.min(to.remaining(), content.now.length - position);
                if (left <= 0) {
                    return -1;
                }
                to.put(content.now, (int) position, left);
                return left;
            }
        }

        @Override
        public void write(ByteBuffer from, long position) throws IOException {
            synchronized (SimulatedDisk.this) {
                awaitRelease();
                use();
                long growth = position + from.remaining() - content.now.length;
                if (growth > capacity - usedBytes()) {
                    throw new IOException("No space left on device");
                }
                if (failingWrites > 0) {
                    failingWrites--;
                    throw new IOException("Input/output error");
                }
                byte[] bytes = new byte[from.remaining()];
                from.get(bytes);
                content.now = put(content.now, position, bytes, 0, bytes.length);
                content.unforced.add(new Change(position, bytes));
            }
        }

        @Override
        public void force() throws IOException {
            long pause;
            synchronized (SimulatedDisk.this) {
                use();
                if (failingForces > 0 && folder.endsWith(failingFolder)) {
                    failingForces--;
                    // as a kernel may: what was dirty counts as clean now, and is lost
                    content.unforced.clear();
                    throw new IOException("Input/output error");
                }
                for (Change change : content.unforced) {
                    content.durable = survive(content.durable, change, 1, 4096);
                }
                content.unforced.clear();
                pause = forceMillis;
            }
            if (pause > 0) {
                java.util.concurrent.locks.LockSupport.parkNanos(pause * 1_000_000);
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            synchronized (SimulatedDisk.this) {
                use();
                if (size < content.now.length) {
                    content.now = Arrays.copyOf(content.now, (int) size);
                }
                content.unforced.add(new Change(size, null));
            }
        }

        @Override
        public long size() {
            synchronized (SimulatedDisk.this) {
                return content.now.length;
            }
        }

        @Override
        public @Nullable FileChannel channel() {
            return null;
        }

        @Override
        public void close() {
            // nothing is held
        }
    }
}
