using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Growth;

/// <summary>No request makes more work than its length says, whatever it is made of.</summary>
public sealed class RequestGrowthTests
{
    private const int Repetitions = 200;

    /// <summary>The names of all shapes.</summary>
    public static TheoryData<string> Names => [.. RequestShapes.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void TranslationTakesTimeInProportion(string shape)
    {
        var wrong = new List<string>();
        foreach (Protocol from in Hop.Protocols)
        {
            foreach (Protocol to in Hop.Protocols)
            {
                if (Growing.Verdict(Repetitions, n => Translation(from, to, RequestShapes.All[shape](from.Id, n))) is { } verdict)
                {
                    wrong.Add($"{from.Id} to {to.Id}: {verdict}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AdmissionTakesTimeInProportion(string shape)
    {
        var wrong = new List<string>();
        foreach (Protocol from in Hop.Protocols)
        {
            string? verdict = Growing.Verdict(Repetitions * 16, n =>
            {
                byte[] body = RequestShapes.All[shape](from.Id, n);
                return () =>
                {
                    RequestScan.TryScan(body, out _);
                    MinimumInputTokens.LowerBound(body, long.MaxValue);
                    InputEstimate.Of(body);
                    using var renamed = new PooledBuffer();
                    from.RenameModels(body, "other", renamed);
                };
            });
            if (verdict is not null)
            {
                wrong.Add($"{from.Id}: {verdict}");
            }
        }

        Assert.Empty(wrong);
    }

    private static Action Translation(Protocol from, Protocol to, byte[] body) => () =>
    {
        EgressTarget target = Hop.Target(to.Id);
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        RequestTranslation.Translate(body, JsonText.From("m"), false, from, to, target, new TranslationContext(from.Id, to.Id, target), request,
            output);
        TokenEstimate.Of(request, to.Id);
    };
}
