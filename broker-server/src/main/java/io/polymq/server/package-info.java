/**
 * The broker process: its command line, its start and its end. Builds the shared objects once and
 * hands them to the protocols; no protocol logic lives here.
 */
@NullMarked
package io.polymq.server;

import org.jspecify.annotations.NullMarked;
