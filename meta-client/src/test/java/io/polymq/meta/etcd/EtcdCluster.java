package io.polymq.meta.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.polymq.meta.ClientPool;
import io.polymq.meta.MetadataException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Real etcd processes on loopback; {@code etcd} and {@code etcdctl} must be on the path. */
final class EtcdCluster implements AutoCloseable {

    private final Path directory;
    private final List<Integer> clientPorts = new ArrayList<>();
    private final List<Integer> peerPorts = new ArrayList<>();
    private final List<Process> members = new ArrayList<>();

    private EtcdCluster(Path directory, int size) throws IOException {
        this.directory = directory;
        for (int i = 0; i < size; i++) {
            clientPorts.add(freePort());
            peerPorts.add(freePort());
        }
    }

    static EtcdCluster start(Path directory, int size) throws IOException {
        assumeTrue(isInstalled("etcd") && isInstalled("etcdctl"), "etcd is not installed");
        EtcdCluster cluster = new EtcdCluster(directory, size);
        for (int i = 0; i < size; i++) {
            cluster.members.add(cluster.launch(i));
        }
        cluster.awaitService();
        return cluster;
    }

    private static boolean isInstalled(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(d -> Files.isExecutable(Path.of(d, program)));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Process launch(int i) throws IOException {
        String all =
                IntStream.range(0, clientPorts.size())
                        .mapToObj(m -> "n" + m + "=http://127.0.0.1:" + peerPorts.get(m))
                        .collect(Collectors.joining(","));
        String client = "http://127.0.0.1:" + clientPorts.get(i);
        String peer = "http://127.0.0.1:" + peerPorts.get(i);
        return new ProcessBuilder(
                        "etcd",
                        "--name=n" + i,
                        "--data-dir=" + directory.resolve("n" + i),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=" + all,
                        "--initial-cluster-token=contract",
                        "--logger=zap",
                        "--log-level=error")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log" + i).toFile())
                .start();
    }

    private void awaitService() {
        EtcdSettings patient = EtcdSettings.of(endpoints(), "");
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        try (ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
                EtcdMetadata probe = EtcdMetadata.open(patient, pool)) {
            while (true) {
                try {
                    probe.get("ready").get(20, TimeUnit.SECONDS);
                    return;
                } catch (Exception e) {
                    if (System.nanoTime() > end || !(e.getCause() instanceof MetadataException)) {
                        throw new AssertionError("etcd does not answer", e);
                    }
                }
            }
        }
    }

    List<String> endpoints() {
        return clientPorts.stream().map(port -> "127.0.0.1:" + port).toList();
    }

    /** As a power failure would. */
    void kill(int member) throws InterruptedException {
        members.get(member).destroyForcibly().waitFor();
    }

    void restart(int member) throws IOException {
        members.set(member, launch(member));
    }

    /** Stops or resumes a member's process: it holds its connections and answers nothing. */
    void signal(int member, String name) throws IOException, InterruptedException {
        int rc =
                new ProcessBuilder("kill", "-" + name, "" + members.get(member).pid())
                        .start()
                        .waitFor();
        assertThat(rc).isZero();
    }

    /** What etcdctl prints. */
    String ctl(String... words) throws IOException, InterruptedException {
        return ctlOf(0, words);
    }

    /** The same, asking this member. */
    String ctlOf(int member, String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add("etcdctl");
        command.add("--endpoints=" + endpoints().get(member));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("ETCDCTL_API", "3");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    @Override
    public void close() {
        members.forEach(Process::destroyForcibly);
        members.forEach(
                member -> {
                    try {
                        member.waitFor();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
    }
}
