package io.polymq.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

/** What a command has of the world around it. */
record Session(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment) {}
