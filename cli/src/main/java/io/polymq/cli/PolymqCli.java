package io.polymq.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/**
 * The commands that talk to a running broker. {@code polymq.jar} hands on what it does not serve
 * itself; see {@link #main}.
 */
@Command(
        mixinStandardHelpOptions = true,
        name = "polymq",
        description = {
            "Asks and tells a running broker.",
            "(polymq --help lists the commands that start a broker or look after its files.)"
        },
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            StatusCommand.class,
            TopCommand.class,
            TopicCommand.class,
            GroupCommand.class,
            QueueCommand.class,
            StreamCommand.class,
            MailboxCommand.class,
            ConnectionCommand.class,
            UserCommand.class,
            AclCommand.class,
            TenantCommand.class,
            SchemaCommand.class,
            ImportCommand.class,
            BackupCommand.class,
            MqttCommand.class,
            KafkaCommand.class,
            AmqpCommand.class,
            NatsCommand.class,
            BenchCommand.class,
        },
        footerHeading = "%nExit codes:%n",
        footer = {
            "0 done, 1 done in part, 64 wrong command line, 65 refused by the broker, 66 not"
                    + " there,",
            "69 nobody answers, 70 a fault, 73 a file cannot be written, 74 a file cannot be read,",
            "75 later again, 77 no login or no right"
        })
public final class PolymqCli {
    @Spec private CommandSpec spec;

    private final Session session;

    PolymqCli(Session session) {
        this.session = session;
        this.spec = CommandSpec.create();
    }

    public static void main(String[] arguments) {
        System.exit(run(arguments, System.in, System.out, System.err, System.getenv()));
    }

    /** The exit code. */
    static int run(
            String[] arguments,
            InputStream in,
            PrintStream out,
            PrintStream err,
            Map<String, String> environment) {
        Session session = new Session(in, out, err, environment);
        CommandLine line = new CommandLine(new PolymqCli(session), factory(session));
        line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        line.setUsageHelpAutoWidth(true);
        line.setParameterExceptionHandler(PolymqCli::misunderstood);
        line.setExecutionExceptionHandler(PolymqCli::failed);
        int code = line.execute(arguments);
        out.flush();
        return code;
    }

    private static IFactory factory(Session session) {
        return new IFactory() {
            @Override
            public <K> K create(Class<K> type) throws Exception {
                for (Constructor<?> constructor : type.getDeclaredConstructors()) {
                    if (constructor.getParameterCount() == 1
                            && constructor.getParameterTypes()[0] == Session.class) {
                        return type.cast(constructor.newInstance(session));
                    }
                }
                return CommandLine.defaultFactory().create(type);
            }
        };
    }

    private static int misunderstood(ParameterException wrong, String[] arguments) {
        PrintWriter err = wrong.getCommandLine().getErr();
        err.println("polymq: " + wrong.getMessage());
        CommandSpec command = wrong.getCommandLine().getCommandSpec();
        err.println(command.qualifiedName() + " --help says how it is.");
        return ExitStatus.USAGE.number();
    }

    private static int failed(Exception thrown, CommandLine line, ParseResult parsed) {
        Throwable failure = thrown;
        while (failure instanceof InvocationTargetException wrapped && wrapped.getCause() != null) {
            failure = wrapped.getCause();
        }
        if (failure instanceof CliException known) {
            line.getErr().println("polymq: " + known.getMessage());
            return known.status().number();
        }
        line.getErr().println("polymq: a fault of the command, please report it:");
        failure.printStackTrace(line.getErr());
        return ExitStatus.SOFTWARE.number();
    }

    @Command(
            mixinStandardHelpOptions = true,
            name = "completion",
            description = "prints a completion script for bash and zsh")
    int completion() {
        CommandLine root = spec.commandLine();
        session.out().println(AutoComplete.bash("polymq", root));
        return ExitStatus.OK.number();
    }

    /** The names of all commands, for the help of {@code polymq.jar}. */
    Set<String> commands() {
        return new TreeSet<>(spec.subcommands().keySet());
    }
}
