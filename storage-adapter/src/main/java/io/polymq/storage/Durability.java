package io.polymq.storage;

/** When an append counts as done. */
public enum Durability {
    /** After it was forced to the device. */
    SYNC,
    /** After it was written to the operating system. */
    OS,
    /** As soon as it is in this process's memory. */
    MEMORY
}
