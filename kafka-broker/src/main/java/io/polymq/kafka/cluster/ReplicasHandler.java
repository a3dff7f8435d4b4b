package io.polymq.kafka.cluster;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import java.util.List;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Serves what moves replicas about, where there is one of each: leaders are elected already, and
 * the only place that a partition can be moved to is where it is.
 */
public final class ReplicasHandler {

    private final TopicCatalog catalog;
    private final Access access;
    private final int brokerId;

    public ReplicasHandler(TopicCatalog catalog, Access access, int brokerId) {
        this.catalog = catalog;
        this.access = access;
        this.brokerId = brokerId;
    }

    public void electLeaders(Exchange exchange) {
        ElectLeadersResponseData response = new ElectLeadersResponseData();
        if (!access.cluster(exchange.client(), Action.ALTER)) {
            if (exchange.version() > 0) {
                response.setErrorCode(Errors.CLUSTER_AUTHORIZATION_FAILED.code());
            }
            exchange.respond(response);
            return;
        }
        ElectLeadersRequestData request = exchange.body(ElectLeadersRequestData.class);
        if (request.topicPartitions() != null) {
            for (TopicPartitions asked : request.topicPartitions()) {
                KafkaTopic topic = catalog.find(exchange.client().tenant(), asked.topic());
                ReplicaElectionResult result = new ReplicaElectionResult().setTopic(asked.topic());
                for (int partition : asked.partitions()) {
                    boolean known = topic != null && topic.hasPartition(partition);
                    Errors error =
                            known ? Errors.ELECTION_NOT_NEEDED : Errors.UNKNOWN_TOPIC_OR_PARTITION;
                    result.partitionResult()
                            .add(
                                    new PartitionResult()
                                            .setPartitionId(partition)
                                            .setErrorCode(error.code())
                                            .setErrorMessage(error.message()));
                }
                response.replicaElectionResults().add(result);
            }
        }
        exchange.respond(response);
    }

    public void alterReassignments(Exchange exchange) {
        AlterPartitionReassignmentsRequestData request =
                exchange.body(AlterPartitionReassignmentsRequestData.class);
        AlterPartitionReassignmentsResponseData response =
                new AlterPartitionReassignmentsResponseData();
        if (!access.cluster(exchange.client(), Action.ALTER)) {
            exchange.respond(response.setErrorCode(Errors.CLUSTER_AUTHORIZATION_FAILED.code()));
            return;
        }
        for (ReassignableTopic asked : request.topics()) {
            KafkaTopic topic = catalog.find(exchange.client().tenant(), asked.name());
            ReassignableTopicResponse result =
                    new ReassignableTopicResponse().setName(asked.name());
            response.responses().add(result);
            for (ReassignablePartition partition : asked.partitions()) {
                Errors error = error(topic, partition);
                result.partitions()
                        .add(
                                new ReassignablePartitionResponse()
                                        .setPartitionIndex(partition.partitionIndex())
                                        .setErrorCode(error.code())
                                        .setErrorMessage(error.message()));
            }
        }
        exchange.respond(response);
    }

    private Errors error(@Nullable KafkaTopic topic, ReassignablePartition partition) {
        if (topic == null || !topic.hasPartition(partition.partitionIndex())) {
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        if (partition.replicas() == null) {
            return Errors.NO_REASSIGNMENT_IN_PROGRESS;
        }
        return partition.replicas().equals(List.of(brokerId))
                ? Errors.NONE
                : Errors.INVALID_REPLICA_ASSIGNMENT;
    }

    public void listReassignments(Exchange exchange) {
        ListPartitionReassignmentsResponseData response =
                new ListPartitionReassignmentsResponseData();
        if (!access.cluster(exchange.client(), Action.DESCRIBE)) {
            response.setErrorCode(Errors.CLUSTER_AUTHORIZATION_FAILED.code());
        }
        exchange.respond(response);
    }
}
