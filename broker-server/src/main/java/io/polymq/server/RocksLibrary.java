package io.polymq.server;

import java.io.IOException;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;

/**
 * Loads RocksDB's native code out of a folder that is gone at once. RocksDB itself leaves the file,
 * 17 MB, in the system's temporary folder until an orderly end, so each kill would leave one. On
 * the thread that starts the broker, before any store is opened.
 */
final class RocksLibrary {

    private RocksLibrary() {}

    static void load() throws StartupException {
        try {
            TemporaryFolder folder = TemporaryFolder.create("polymq-rocksdb");
            try {
                NativeLibraryLoader.getInstance().loadLibrary(folder.path().toString());
                RocksDB.loadLibrary();
            } finally {
                folder.remove();
            }
        } catch (IOException e) {
            throw new StartupException(
                    ExitCode.CANNOT_CREATE,
                    "RocksDB's native code cannot be unpacked in the temporary folder: " + e,
                    e);
        }
    }
}
