package io.polymq.cli;

/** One header; names may come twice, and the order stays. */
record Header(String name, String value) {}
