package io.polymq.network;

/** What a protocol says of a client's first bytes. */
public enum ProbeResult {
    YES,
    NO,
    /** Too few bytes to tell. */
    MORE
}
