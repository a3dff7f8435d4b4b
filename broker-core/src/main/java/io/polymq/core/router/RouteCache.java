package io.polymq.core.router;

/** Match results that one thread keeps; opaque to all but the router. */
public interface RouteCache {}
