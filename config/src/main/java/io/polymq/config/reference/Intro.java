package io.polymq.config.reference;

/** The words before the generated part. */
final class Intro {
    static final String FILE =
            """
            # PolyMQ: every key with its default. Lines that begin with a single "# key" are not set.
            # Made from the code; docs/configuration.md is the same as a page.

            """;

    static final String PAGE =
            """
            # Configuration

            <!-- Made from the code by ReferenceFilesTest; edit the records in config/ instead. -->

            `bin/polymq server --config polymq.toml` reads TOML or, from a file that ends in `.yaml` or `.yml`,
            YAML. Without a file the defaults below hold. `config/polymq.toml` and `config/polymq.yaml` hold
            every key with its default; `bin/polymq server --print-config` prints the same.

            Later sources win:

            1. the defaults,
            2. the file,
            3. environment variables: `mqtt_runtime.tcp_port` is `POLYMQ_MQTT_RUNTIME_TCP_PORT`,
            4. `--set mqtt_runtime.tcp_port=1884` on the command line.

            In the environment and after `--set`, lists are written with commas: `--set bind=127.0.0.1,::1`.

            A **duration** has a unit: `500ms`, `30s`, `5m`, `1h30m`, `7d`. A **size** is a number of bytes or has a
            unit: `64KiB`, `1GiB`, `10MB`. A **port** is a number; `0` lets the system pick one, and `off` closes a
            transport that would be open. Encrypted transports open on their own when `tls.certificate` is set.

            Everything that is wrong with a configuration is told at once, a sentence each, with the place where it
            was written; the broker then ends with exit code 78 and has touched nothing:

            ```
            polymq.toml:7: mqtt_runtime.tcp_prt is not a known key; did you mean mqtt_runtime.tcp_port?
            polymq.toml:12: network.login_timeout must be a duration such as "500ms", "30s" or "1h30m", but is the number 30
            ```

            `bin/polymq server --check-config --config polymq.toml` does only that.
            """;

    private Intro() {}
}
