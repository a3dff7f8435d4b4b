/**
 * How a part of the broker offers pages on the admin port without knowing the admin server. Zone:
 * pages answer on virtual threads and may block. Not here: HTTP itself, logins, limits; those are
 * the admin server's.
 */
@NullMarked
package io.polymq.core.admin;

import org.jspecify.annotations.NullMarked;
