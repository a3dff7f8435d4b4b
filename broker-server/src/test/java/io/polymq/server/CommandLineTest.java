package io.polymq.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {

    @Test
    void withoutArgumentsTheBrokerServesItsDefaults() throws Exception {
        assertThat(CommandLine.parse()).isEqualTo(new Command.Serve(null, List.of()));
    }

    @Test
    void fileAndSettingsAreTakenInEitherSpelling() throws Exception {
        Command expected = new Command.Serve(Path.of("a.toml"), List.of("x.y=1", "z=a=b"));

        assertThat(
                        CommandLine.parse(
                                "server", "--config", "a.toml", "--set", "x.y=1", "--set", "z=a=b"))
                .isEqualTo(expected);
        assertThat(CommandLine.parse("--config=a.toml", "--set=x.y=1", "--set=z=a=b"))
                .isEqualTo(expected);
    }

    @Test
    void theOtherThingsToDoAreRecognised() throws Exception {
        assertThat(CommandLine.parse("--version")).isEqualTo(new Command.Version());
        assertThat(CommandLine.parse("server", "--help")).isEqualTo(new Command.Help());
        assertThat(CommandLine.parse("--print-config"))
                .isEqualTo(new Command.PrintConfig(Command.Format.TOML));
        assertThat(CommandLine.parse("--print-config=yaml"))
                .isEqualTo(new Command.PrintConfig(Command.Format.YAML));
        assertThat(CommandLine.parse("--check-config", "--config", "a.toml", "--set", "b=c"))
                .isEqualTo(new Command.CheckConfig(Path.of("a.toml"), List.of("b=c")));
        assertThat(CommandLine.parse("train")).isEqualTo(new Command.Train());
        assertThat(CommandLine.parse("storage", "dump", "data", "--records"))
                .isEqualTo(new Command.Storage(List.of("dump", "data", "--records")));
    }

    @ParameterizedTest
    @CsvSource({
        "restore backup, restore BACKUP DATA_PATH",
        "import emqx x, emqx",
        "--frobnicate, --frobnicate",
        "--config, --config",
        "--config=, --config",
        "--set, --set",
        "--print-config=xml, xml",
        "--config=a.toml --config=b.toml, twice"
    })
    void whatCannotBeUnderstoodIsNamedInOneSentence(String arguments, String named) {
        assertThatThrownBy(() -> CommandLine.parse(arguments.split(" ")))
                .isInstanceOf(Command.UsageException.class)
                .hasMessageContaining(named)
                .hasMessageNotContaining("\n");
    }

    @Test
    void mosquittosUsersBringTheirFilesAndTheirOptions() throws Exception {
        assertThat(CommandLine.parse("import", "mosquitto", "/etc/mosquitto"))
                .isEqualTo(new Command.ImportMosquitto(Path.of("/etc/mosquitto")));
        assertThat(CommandLine.parse("mosquitto", "-v", "-c", "a.conf", "-p", "1884"))
                .isEqualTo(new Command.ServeMosquitto(Path.of("a.conf"), 1884, true));
        assertThatThrownBy(() -> CommandLine.parse("mosquitto", "-p", "70000"))
                .hasMessageContaining("no port");
        assertThatThrownBy(() -> CommandLine.parse("import", "mosquitto"))
                .hasMessageContaining("mosquitto DIR");
    }

    @Test
    void whatIsAskedOfARunningBrokerIsHandedOn() throws Exception {
        assertThat(CommandLine.parse("topic", "list", "--json"))
                .isEqualTo(new Command.Client(List.of("topic", "list", "--json")));
        assertThat(CommandLine.parse("import", "rabbitmq", "definitions.json"))
                .isEqualTo(new Command.Client(List.of("import", "rabbitmq", "definitions.json")));
    }

    @Test
    void backupsAndNatsServersAreTakenOver() throws Exception {
        assertThat(CommandLine.parse("restore", "backup", "data"))
                .isEqualTo(new Command.RestoreBackup(Path.of("backup"), Path.of("data")));
        assertThat(CommandLine.parse("import", "nats", "nats.conf"))
                .isEqualTo(new Command.ImportNats(Path.of("nats.conf")));
    }
}
