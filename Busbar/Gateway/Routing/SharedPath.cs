using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Routing;

/// <summary>
/// The protocol of a client on the <c>/models</c> paths, which several vendors share: the path where it is one vendor's own, else the headers.
/// </summary>
internal static class SharedPath
{
    /// <summary>The protocol to answer in.</summary>
    public static ProtocolId Of(Exchange exchange)
    {
        ProtocolId usual = ProtocolTable.Usual.Id;
        ProtocolId byPath = PathClassifier.Classify(exchange.RawPath) ?? usual;
        return byPath != usual ? byPath : ClientHints.OfList(exchange.RequestHeaders, exchange.RawQuery) ?? usual;
    }
}
