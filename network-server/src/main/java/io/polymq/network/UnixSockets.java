package io.polymq.network;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of Unix-domain sockets, one per protocol. */
final class UnixSockets {

    private UnixSockets() {}

    /** The place for a protocol's socket; what a broker that died has left there is removed. */
    static Path prepare(String folder, String protocol) {
        Path path = Path.of(folder).resolve(protocol + ".sock").toAbsolutePath();
        try {
            Files.createDirectories(path.getParent());
            if (Files.exists(path)) {
                removeIfDead(path);
            }
            return path;
        } catch (IOException e) {
            throw new NetworkException(
                    "network.unix_socket_dir: cannot use " + path + ": " + e.getMessage(), e);
        }
    }

    private static void removeIfDead(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            throw new NetworkException(
                    "network.unix_socket_dir: another server listens on " + path);
        } catch (IOException nobodyListens) {
            Files.deleteIfExists(path);
        }
    }
}
