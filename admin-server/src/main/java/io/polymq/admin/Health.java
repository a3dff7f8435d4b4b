package io.polymq.admin;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the parts of the broker say of themselves. The broker is ready when every part is. Shared;
 * any thread.
 */
public final class Health {
    /** A part that is well says this; anything else is why it is not. */
    public static final String WELL = "ok";

    private final Map<String, Check> checks = new ConcurrentHashMap<>();

    /** Asked at every request, so it must be quick and must not block. */
    public interface Check {
        /** {@link #WELL}, or one sentence. */
        String state();
    }

    public void add(String part, Check check) {
        checks.put(part, check);
    }

    /** By part, in the order of their names. */
    Map<String, String> states() {
        Map<String, String> states = new TreeMap<>();
        checks.forEach((part, check) -> states.put(part, check.state()));
        return states;
    }
}
