/**
 * The agents' registry: who there is, who is alive, and finding them by text and by meaning. Zone:
 * shared, guarded by the registry's lock. Not here: the commands that ask for it.
 */
@NullMarked
package io.polymq.mq9.registry;

import org.jspecify.annotations.NullMarked;
