/**
 * Copies of all that a broker keeps, made while it serves, and data folders made of them. A backup
 * is a folder: {@code storage} as the driver can open it, {@code metadata} as a snapshot, and,
 * written last, {@code backup.json} with the length and SHA-256 of every file. Without that file it
 * is none. Zone: virtual threads and the command line; everything here blocks.
 */
@NullMarked
package io.polymq.server.backup;

import org.jspecify.annotations.NullMarked;
