package io.polymq.config.load;

import io.polymq.config.schema.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; holds everything that is wrong with it, a sentence each. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    ConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
