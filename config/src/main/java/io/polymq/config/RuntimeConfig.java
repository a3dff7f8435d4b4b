package io.polymq.config;

import java.util.List;

/** What the sections of all protocols have in common. */
public interface RuntimeConfig {
    boolean enabled();

    TransportPorts ports();

    /** Addresses of this protocol's listeners; empty: those of {@code [network]}. */
    List<String> bind();

    LoopConfig network();
}
