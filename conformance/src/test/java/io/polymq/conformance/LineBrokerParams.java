package io.polymq.conformance;

import io.polymq.core.queue.Queues;
import io.polymq.core.router.Router;
import io.polymq.core.topic.Topics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** All that the toy protocol knows of the broker. */
record LineBrokerParams(Router router, Topics topics, Queues queues, PrometheusRegistry metrics) {}
