package io.polymq.cli;

import java.io.Console;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A user and a password. */
record Login(String user, String password) {

    @Override
    public String toString() {
        return "Login[" + user + "]";
    }

    /**
     * From {@code USER[:PASSWORD]}, else from the environment; who names a user only is asked for
     * the password when there is a terminal. Null: nobody in particular.
     */
    static @Nullable Login of(@Nullable String given, Map<String, String> environment) {
        String user = given != null ? given : environment.get(AdminTarget.USER);
        if (user == null || user.isEmpty()) {
            return null;
        }
        int colon = given == null ? -1 : user.indexOf(':');
        if (colon >= 0) {
            return new Login(user.substring(0, colon), user.substring(colon + 1));
        }
        String password = environment.get(AdminTarget.PASSWORD);
        if (password != null) {
            return new Login(user, password);
        }
        Console console = System.console();
        if (console == null || !console.isTerminal()) {
            throw new CliException(
                    ExitStatus.USAGE,
                    "There is no password for " + user + ": set $" + AdminTarget.PASSWORD + ".");
        }
        char[] typed = console.readPassword("Password of %s: ", user);
        return new Login(user, typed == null ? "" : new String(typed));
    }
}
