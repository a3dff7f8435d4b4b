package io.polymq.admin.api;

import io.polymq.config.load.ConfigException;
import java.util.Map;

/** Where the configuration came from, and how it is read again. Any thread. */
public interface ConfigSource {

    /** Of what somebody set, by dotted keys. */
    Map<String, String> origins();

    /**
     * Reads everything again and takes on what can change at run time.
     *
     * @return whether something else changed too, which needs a restart
     * @throws ConfigException when it cannot be used: then nothing was changed
     */
    boolean reload() throws ConfigException;
}
