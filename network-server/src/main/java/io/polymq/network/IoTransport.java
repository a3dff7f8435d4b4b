package io.polymq.network;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;

/** The ways to reach the kernel. */
enum IoTransport {
    EPOLL,
    IO_URING,
    NIO;

    /**
     * The transport that a setting asks for. {@code auto} is epoll where there is one; what is
     * asked for by name and is not there is an error.
     */
    static IoTransport of(String setting) {
        return switch (setting) {
            case "auto" -> Epoll.isAvailable() ? EPOLL : NIO;
            case "epoll" -> required(EPOLL, Epoll.isAvailable(), Epoll.unavailabilityCause());
            case "io_uring" ->
                    required(IO_URING, IoUring.isAvailable(), IoUring.unavailabilityCause());
            case "nio" -> NIO;
            default ->
                    throw new NetworkException(
                            "network.transport must be auto, epoll, io_uring or nio, but is "
                                    + setting);
        };
    }

    private static IoTransport required(IoTransport wanted, boolean available, Throwable why) {
        if (!available) {
            throw new NetworkException(
                    "network.transport: " + wanted.label() + " is not available here", why);
        }
        return wanted;
    }

    String label() {
        return NetworkMetrics.label(this);
    }

    IoHandlerFactory loops() {
        return switch (this) {
            case EPOLL -> EpollIoHandler.newFactory();
            case IO_URING -> IoUringIoHandler.newFactory();
            case NIO -> NioIoHandler.newFactory();
        };
    }

    Class<? extends ServerChannel> serverSocket() {
        return switch (this) {
            case EPOLL -> EpollServerSocketChannel.class;
            case IO_URING -> IoUringServerSocketChannel.class;
            case NIO -> NioServerSocketChannel.class;
        };
    }

    Class<? extends ServerChannel> unixServerSocket() {
        return switch (this) {
            case EPOLL -> EpollServerDomainSocketChannel.class;
            case IO_URING -> IoUringServerDomainSocketChannel.class;
            case NIO -> NioServerDomainSocketChannel.class;
        };
    }

    Class<? extends DatagramChannel> datagram() {
        return switch (this) {
            case EPOLL -> EpollDatagramChannel.class;
            case IO_URING -> IoUringDatagramChannel.class;
            case NIO -> NioDatagramChannel.class;
        };
    }

    SocketAddress unixAddress(Path path) {
        return this == NIO
                ? UnixDomainSocketAddress.of(path)
                : new DomainSocketAddress(path.toFile());
    }
}
