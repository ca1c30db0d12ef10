using Busbar.Gateway.Routing;
using Busbar.Governance.Budgets;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Protocols;

namespace Busbar.Gateway.Admission;

/// <summary>What a virtual key is charged for a request that has ended (control plane, 7.4 and 7.6).</summary>
internal static class KeyCharge
{
    // Of text, about.
    private const int BytesPerToken = 4;

    /// <summary>
    /// Closes the reservation of <paramref name="exchange"/>, if it has one: with a charge where a lane's success reached the client, else with none.
    /// At the latest when the request ends; an answer that is there as a whole is charged before it is sent, since a client that has it may ask on at
    /// once, and must not find itself in its own way.
    /// </summary>
    public static void Settle(Exchange exchange)
    {
        Reservation reservation = exchange.Reservation;
        if (!reservation.IsOpen)
        {
            return;
        }

        if (exchange.CommittedLane is not { } model || exchange.Status is < 200 or >= 300 || exchange.Route.Operation == Operation.CountTokens)
        {
            reservation.Release();
            return;
        }

        // An answer that broke off, or that its provider ended with an error, costs the fee alone.
        if (exchange.Outcome is not (Outcome.Ok or Outcome.ClientError))
        {
            reservation.Settle(model, hasFee: true, default, isEstimated: false);
            return;
        }

        Usage usage = exchange.Usage;
        long delivered = exchange.Route.Operation == Operation.Chat ? (exchange.DeliveredText + BytesPerToken - 1) / BytesPerToken : 0;
        bool isEstimated = !usage.IsReported;
        var estimate = new Usage { Input = exchange.BodyLength / BytesPerToken, Output = delivered };
        if (isEstimated)
        {
            usage = estimate;
        }
        else if (exchange.Outcome == Outcome.ClientError && usage.Output < delivered)
        {
            // The client left before the provider's last word: what it named at the beginning is not what it wrote.
            isEstimated = true;
            usage.Output = delivered;
        }

        // Their providers read the request too.
        usage.Input = Usage.Add(usage.Input, exchange.CallsGivenUp * estimate.Input);
        reservation.Settle(model, hasFee: true, usage, isEstimated || exchange.CallsGivenUp > 0, estimate);
    }
}
