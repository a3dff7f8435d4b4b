package io.polymq.kafka.group;

import io.polymq.core.topic.Topic;
import io.polymq.core.topic.Topics;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;

/**
 * Tells the coordinator of topics in the form that it understands: as if a log of cluster metadata
 * had been replayed. On a thread of its own, one change at a time, since the coordinator waits
 * until what follows from a deletion is stored.
 */
final class TopicsImageFeed implements Topics.Listener, AutoCloseable {

    private final String tenant;
    private final int brokerId;
    private final BiConsumer<MetadataDelta, MetadataImage> coordinator;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofVirtual().name("kafka-group-topics").factory());
    private MetadataImage image = MetadataImage.EMPTY;
    private long offset;

    TopicsImageFeed(
            String tenant, int brokerId, BiConsumer<MetadataDelta, MetadataImage> coordinator) {
        this.tenant = tenant;
        this.brokerId = brokerId;
        this.coordinator = coordinator;
    }

    /** All topics that there are at the start. */
    void begin(Supplier<Collection<Topic>> topics, short metadataVersion) {
        thread.execute(() -> all(topics.get(), metadataVersion));
    }

    private void all(Collection<Topic> topics, short metadataVersion) {
        MetadataDelta delta = delta();
        delta.replay(
                new FeatureLevelRecord()
                        .setName("metadata.version")
                        .setFeatureLevel(metadataVersion));
        for (Topic topic : topics) {
            add(delta, topic);
        }
        publish(delta);
    }

    private MetadataDelta delta() {
        return new MetadataDelta.Builder().setImage(image).build();
    }

    private void publish(MetadataDelta delta) {
        offset++;
        image = delta.apply(new MetadataProvenance(offset, 1, offset, true));
        coordinator.accept(delta, image);
    }

    private void add(MetadataDelta delta, Topic topic) {
        Uuid id = id(topic.id());
        if (image.topics().getTopic(id) == null) {
            delta.replay(new TopicRecord().setName(topic.name()).setTopicId(id));
        }
        partitions(delta, topic, 0);
    }

    private void partitions(MetadataDelta delta, Topic topic, int from) {
        List<Integer> replica = List.of(brokerId);
        for (int number = from; number < topic.spec().partitions(); number++) {
            delta.replay(
                    new PartitionRecord()
                            .setTopicId(id(topic.id()))
                            .setPartitionId(number)
                            .setReplicas(replica)
                            .setIsr(replica)
                            .setLeader(brokerId)
                            .setLeaderEpoch(0)
                            .setPartitionEpoch(0));
        }
    }

    private static Uuid id(UUID id) {
        return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    @Override
    public void created(Topic topic) {
        run(() -> add(topic));
    }

    /** Later changes come to nothing once it is closed. */
    private void run(Runnable change) {
        if (!thread.isShutdown()) {
            thread.execute(change);
        }
    }

    private void add(Topic topic) {
        if (topic.tenant().equals(tenant) && image.topics().getTopic(id(topic.id())) == null) {
            MetadataDelta delta = delta();
            add(delta, topic);
            publish(delta);
        }
    }

    @Override
    public void altered(Topic before, Topic now) {
        run(() -> grow(now));
    }

    private void grow(Topic now) {
        var known = image.topics().getTopic(id(now.id()));
        if (known != null && known.partitions().size() < now.spec().partitions()) {
            MetadataDelta delta = delta();
            partitions(delta, now, known.partitions().size());
            publish(delta);
        }
    }

    @Override
    public void deleted(Topic topic) {
        run(() -> remove(topic));
    }

    private void remove(Topic topic) {
        if (image.topics().getTopic(id(topic.id())) != null) {
            MetadataDelta delta = delta();
            delta.replay(new RemoveTopicRecord().setTopicId(id(topic.id())));
            publish(delta);
        }
    }

    @Override
    public void close() {
        thread.shutdown();
    }
}
