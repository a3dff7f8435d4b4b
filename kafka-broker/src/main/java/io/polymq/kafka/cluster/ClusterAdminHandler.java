package io.polymq.kafka.cluster;

import io.polymq.codec.kafka.ServedApis;
import io.polymq.codec.kafka.ServedApis.Feature;
import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDir;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirPartitionResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirTopicResult;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData.UpdatableFeatureResult;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Serves UpdateFeatures, UnregisterBroker and AlterReplicaLogDirs, of which a single broker with
 * one directory can only take what is so already. Connection zone.
 */
public final class ClusterAdminHandler {

    private static final int LAST_VERSION_WITH_RESULTS = 1;

    private final ServedApis apis;
    private final TopicCatalog catalog;
    private final Access access;
    private final int brokerId;
    private final String folder;

    public ClusterAdminHandler(
            ServedApis apis, TopicCatalog catalog, Access access, int brokerId, Path folder) {
        this.apis = apis;
        this.catalog = catalog;
        this.access = access;
        this.brokerId = brokerId;
        this.folder = folder.toAbsolutePath().toString();
    }

    private record Refusal(Errors error, String message) {}

    public void updateFeatures(Exchange exchange) {
        UpdateFeaturesRequestData request = exchange.body(UpdateFeaturesRequestData.class);
        UpdateFeaturesResponseData response = new UpdateFeaturesResponseData();
        if (!access.cluster(exchange.client(), Action.ALTER)) {
            Errors error = Errors.CLUSTER_AUTHORIZATION_FAILED;
            exchange.respond(response.setErrorCode(error.code()).setErrorMessage(error.message()));
            return;
        }
        Set<String> seen = new HashSet<>();
        for (FeatureUpdateKey update : request.featureUpdates()) {
            Refusal refusal =
                    seen.add(update.feature())
                            ? refusal(update)
                            : new Refusal(Errors.INVALID_REQUEST, "A feature is named twice.");
            if (exchange.version() <= LAST_VERSION_WITH_RESULTS) {
                response.results().add(result(update.feature(), refusal));
            } else if (refusal != null) {
                exchange.respond(
                        new UpdateFeaturesResponseData()
                                .setErrorCode(refusal.error.code())
                                .setErrorMessage(
                                        "The update failed for all features since the following"
                                                + " feature had an error: "
                                                + refusal.message));
                return;
            }
        }
        exchange.respond(response);
    }

    private static UpdatableFeatureResult result(String feature, @Nullable Refusal refusal) {
        UpdatableFeatureResult result = new UpdatableFeatureResult().setFeature(feature);
        return refusal == null
                ? result
                : result.setErrorCode(refusal.error.code()).setErrorMessage(refusal.message);
    }

    private @Nullable Refusal refusal(FeatureUpdateKey update) {
        String name = update.feature();
        if (name.isEmpty()) {
            return new Refusal(Errors.INVALID_REQUEST, "A feature without a name.");
        }
        for (Feature feature : apis.features()) {
            if (feature.name().equals(name)) {
                return feature.level() == update.maxVersionLevel()
                        ? null
                        : new Refusal(
                                Errors.INVALID_UPDATE_VERSION,
                                "Invalid update version "
                                        + update.maxVersionLevel()
                                        + " for feature "
                                        + name
                                        + ". This broker serves it in level "
                                        + feature.level()
                                        + " only.");
            }
        }
        return new Refusal(
                Errors.INVALID_UPDATE_VERSION,
                "Invalid update version "
                        + update.maxVersionLevel()
                        + " for feature "
                        + name
                        + ". Local controller "
                        + brokerId
                        + " does not support this feature.");
    }

    public void unregisterBroker(Exchange exchange) {
        UnregisterBrokerRequestData request = exchange.body(UnregisterBrokerRequestData.class);
        Errors error = Errors.BROKER_ID_NOT_REGISTERED;
        String message = "Broker ID " + request.brokerId() + " is not currently registered";
        if (!access.cluster(exchange.client(), Action.ALTER)) {
            error = Errors.CLUSTER_AUTHORIZATION_FAILED;
            message = error.message();
        } else if (request.brokerId() == brokerId) {
            error = Errors.INVALID_REQUEST;
            message = "This is the only broker, and it is running";
        }
        exchange.respond(
                new UnregisterBrokerResponseData()
                        .setErrorCode(error.code())
                        .setErrorMessage(message));
    }

    public void alterReplicaLogDirs(Exchange exchange) {
        AlterReplicaLogDirsRequestData request =
                exchange.body(AlterReplicaLogDirsRequestData.class);
        AlterReplicaLogDirsResponseData response = new AlterReplicaLogDirsResponseData();
        boolean allowed = access.cluster(exchange.client(), Action.ALTER);
        for (AlterReplicaLogDir directory : request.dirs()) {
            for (AlterReplicaLogDirTopic asked : directory.topics()) {
                AlterReplicaLogDirTopicResult topic =
                        new AlterReplicaLogDirTopicResult().setTopicName(asked.name());
                response.results().add(topic);
                KafkaTopic known = catalog.find(exchange.client().tenant(), asked.name());
                for (int partition : asked.partitions()) {
                    Errors error =
                            allowed
                                    ? error(directory.path(), known, partition)
                                    : Errors.CLUSTER_AUTHORIZATION_FAILED;
                    topic.partitions()
                            .add(
                                    new AlterReplicaLogDirPartitionResult()
                                            .setPartitionIndex(partition)
                                            .setErrorCode(error.code()));
                }
            }
        }
        exchange.respond(response);
    }

    private Errors error(String path, @Nullable KafkaTopic topic, int partition) {
        if (!path.equals(folder)) {
            return Errors.LOG_DIR_NOT_FOUND;
        }
        return topic != null && topic.hasPartition(partition)
                ? Errors.NONE
                : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }
}
