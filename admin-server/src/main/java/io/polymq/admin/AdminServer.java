package io.polymq.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.polymq.core.admin.AdminAnswer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the admin port on the JDK's HTTP server, a virtual thread per request. A request that
 * comes while too many others run is refused, and the answer to a request is complete before
 * anything of it is sent.
 */
public final class AdminServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
    private static final int REQUESTS_AT_ONCE = 64;
    private static final int BACKLOG = 128;

    private final List<HttpServer> servers = new ArrayList<>();
    private final Semaphore permits = new Semaphore(REQUESTS_AT_ONCE);
    private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
    private final Desk desk;

    private AdminServer(Desk desk) {
        this.desk = desk;
    }

    /** Opens the port on every address; on failure none stays open. */
    public static AdminServer start(AdminServerParams params) {
        AdminServer server = new AdminServer(new Desk(params));
        int port = Objects.requireNonNull(params.config().port(), "the admin port is off");
        for (String address : params.bind()) {
            try {
                int opened = server.listen(address, port);
                port = opened; // with port 0 every address gets the one that the first was given
            } catch (AdminException failed) {
                server.close();
                throw failed;
            }
        }
        return server;
    }

    private int listen(String address, int port) {
        try {
            InetSocketAddress local = new InetSocketAddress(InetAddress.getByName(address), port);
            HttpServer server = HttpServer.create(local, BACKLOG);
            server.setExecutor(requests);
            server.createContext("/", this::handle);
            server.start();
            servers.add(server);
            return server.getAddress().getPort();
        } catch (UnknownHostException unknown) {
            throw new AdminException(
                    "The admin port cannot listen on " + address + ": no such address.", unknown);
        } catch (BindException taken) {
            throw new AdminException(
                    "The admin port cannot listen on "
                            + address
                            + ":"
                            + port
                            + " ("
                            + taken.getMessage()
                            + "): free it, or choose another with admin.port.",
                    taken);
        } catch (IOException failed) {
            throw new AdminException(
                    "The admin port cannot listen on "
                            + address
                            + ":"
                            + port
                            + ": "
                            + failed.getMessage()
                            + ".",
                    failed);
        }
    }

    /** Where it listens. */
    public List<InetSocketAddress> addresses() {
        return servers.stream().map(HttpServer::getAddress).toList();
    }

    private void handle(HttpExchange exchange) {
        try (exchange) {
            AdminAnswer answer = answer(exchange);
            exchange.getResponseHeaders().set("Content-Type", answer.contentType());
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            boolean bodiless =
                    exchange.getRequestMethod().equals("HEAD") || answer.body().length == 0;
            exchange.sendResponseHeaders(answer.status(), bodiless ? -1 : answer.body().length);
            if (!bodiless) {
                try (OutputStream body = exchange.getResponseBody()) {
                    body.write(answer.body());
                }
            }
        } catch (IOException gone) {
            LOG.debug("A client of the admin port left before its answer", gone);
        }
    }

    private AdminAnswer answer(HttpExchange exchange) {
        if (!permits.tryAcquire()) {
            return AdminAnswer.text(503, "Too many requests at once.").with("Retry-After", "1");
        }
        try {
            return desk.answer(exchange);
        } finally {
            permits.release();
        }
    }

    /** Stops accepting and gives running requests a moment. Blocks for at most a second. */
    @Override
    public void close() {
        servers.forEach(server -> server.stop(0));
        requests.shutdownNow();
        try {
            if (!requests.awaitTermination(1, TimeUnit.SECONDS)) {
                LOG.warn("Requests to the admin port did not end in time");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
