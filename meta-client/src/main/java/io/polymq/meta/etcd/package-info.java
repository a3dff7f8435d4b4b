/**
 * Metadata kept by an etcd cluster, over stubs generated from the few parts of its v3 API that are
 * used here.
 *
 * <p>Calls come back on virtual threads; each watch and each lease is one virtual thread that may
 * block. Members are tried in turn when one fails. A change whose answer was lost is never sent
 * again: its outcome is reported as unknown. Not here: running or administering etcd.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.meta.etcd;
