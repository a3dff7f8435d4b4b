package io.polymq.nats.options;

import io.polymq.nats.jetstream.api.ConsumerLimits;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads {@code jetstream} of the server and of accounts. Stateless. */
final class JetStreamReader {

    private JetStreamReader() {}

    static JetStreamOptions server(@Nullable ConfValue value, Section outer)
            throws OptionsException {
        if (value == null) {
            return JetStreamOptions.OFF;
        }
        if (!(value instanceof ConfValue.Block)) {
            return new JetStreamOptions(
                    isOn(value), null, -1, -1, null, false, ConsumerLimits.NONE);
        }
        Section section = outer.section("jetstream", value);
        section.refuse(
                "files are not encrypted by the broker",
                "key",
                "ek",
                "encryption_key",
                "prev_key",
                "prev_ek",
                "prev_encryption_key",
                "cipher",
                "tpm");
        section.ignore(
                "extension_hint",
                "unique_tag",
                "max_outstanding_catchup",
                "max_buffered_size",
                "max_buffered_msgs",
                "request_queue_limit",
                "info_queue_limit",
                "meta_compact",
                "meta_compact_size",
                "meta_compact_sync",
                "max_concurrent_io",
                "strict");
        String store = section.text("store_dir", "storedir", "store");
        ConfValue sync = section.take("sync_interval", "sync");
        boolean enabled = section.flag(true, "enabled", "enable");
        boolean always =
                sync instanceof ConfValue.Text text && text.text().equalsIgnoreCase("always");
        if (sync != null && !always) {
            Section.durationOf(sync, "sync_interval");
        }
        JetStreamOptions options =
                new JetStreamOptions(
                        enabled && !section.flag(false, "disabled", "disable"),
                        store == null ? null : Path.of(store),
                        section.number(-1, "max_memory_store", "max_mem_store", "max_mem"),
                        section.number(-1, "max_file_store", "max_file"),
                        section.text("domain"),
                        always,
                        consumerLimits(section));
        section.finish();
        return options;
    }

    private static ConsumerLimits consumerLimits(Section outer) throws OptionsException {
        Section section = outer.section("limits");
        if (section == null) {
            return ConsumerLimits.NONE;
        }
        section.ignore("max_ha_assets"); // of clusters
        ConsumerLimits limits =
                new ConsumerLimits(
                        section.number(-1, "max_ack_pending"),
                        section.number(-1, "max_request_batch"));
        section.finish();
        return limits;
    }

    static JetStreamOptions.@Nullable AccountLimits account(
            @Nullable ConfValue value, Section outer) throws OptionsException {
        if (value == null) {
            return null;
        }
        if (!(value instanceof ConfValue.Block)) {
            return isOn(value) ? JetStreamOptions.AccountLimits.UNLIMITED : null;
        }
        Section section = outer.section("jetstream", value);
        section.ignore("cluster_traffic");
        boolean enabled =
                section.flag(true, "enabled", "enable")
                        && !section.flag(false, "disabled", "disable");
        JetStreamOptions.AccountLimits limits =
                new JetStreamOptions.AccountLimits(
                        section.number(-1, "max_memory", "max_mem", "mem", "memory"),
                        section.number(-1, "max_store", "max_file", "max_disk", "store", "disk"),
                        section.number(-1, "max_streams", "streams"),
                        section.number(-1, "max_consumers", "consumers"),
                        section.number(-1, "max_ack_pending"),
                        section.number(-1, "mem_max_stream_bytes", "memory_max_stream_bytes"),
                        section.number(-1, "disk_max_stream_bytes", "store_max_stream_bytes"),
                        section.flag(false, "max_bytes_required", "max_stream_bytes", "max_bytes"));
        section.finish();
        return enabled ? limits : null;
    }

    private static boolean isOn(ConfValue value) throws OptionsException {
        if (value instanceof ConfValue.Flag flag) {
            return flag.on();
        }
        String word = Section.text(value).toLowerCase(java.util.Locale.ROOT);
        return switch (word) {
            case "enabled", "enable" -> true;
            case "disabled", "disable" -> false;
            default -> throw Section.fault(value, "jetstream is enabled, disabled or a block");
        };
    }
}
