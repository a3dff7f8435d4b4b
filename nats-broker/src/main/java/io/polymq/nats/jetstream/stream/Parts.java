package io.polymq.nats.jetstream.stream;

import io.polymq.core.message.MessageRecords;
import io.polymq.core.zone.ShardZone;
import io.polymq.nats.jetstream.wire.Outlet;
import java.util.concurrent.Executor;

/**
 * What the streams of an account are made of.
 *
 * @param zone where all of the account lives
 * @param blocking for reads that may wait for the device
 */
public record Parts(ShardZone zone, Outlet outlet, MessageRecords records, Executor blocking) {}
