using Busbar.Ir;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;

namespace Busbar.Protocols.Translation;

/// <summary>
/// What one attempt's request side must remember for its response side. One instance per attempt; everything it holds is its own copy, so it
/// outlives the request it was made from. Not thread safe.
/// </summary>
internal sealed class TranslationContext
{
    private Dictionary<JsonText, ClientTool>? _tools;

    /// <summary>For an exchange between <paramref name="ingress"/> and <paramref name="egress"/>.</summary>
    public TranslationContext(ProtocolId ingress, ProtocolId egress, EgressTarget target)
    {
        Ingress = ingress;
        Egress = egress;
        Family = target.FamilyOver(egress);
        IsBoundFamily = target.Capabilities.BoundThinking;
    }

    /// <summary>The client's dialect.</summary>
    public ProtocolId Ingress { get; }

    /// <summary>The provider's dialect.</summary>
    public ProtocolId Egress { get; }

    /// <summary>The model family that issues and verifies the signatures of this exchange.</summary>
    public string Family { get; }

    /// <summary>Thinking of the model is valid for that very model only.</summary>
    public bool IsBoundFamily { get; }

    /// <summary>What was dropped or degraded so far, on both ways.</summary>
    public Losses Losses;

    /// <summary>The client waits for reasoning items, so that an answer without any gets an empty one.</summary>
    public bool OwesReasoning { get; set; }

    /// <summary>The client asked for a summary: the words of the answer are one, and nothing else of it is shown.</summary>
    public bool WantsSummary { get; set; }

    /// <summary>Name, as the provider sees it, of the tool that stands in for a demanded answer form; absent when there is none.</summary>
    public JsonText StructuredTool { get; private set; }

    /// <summary>Declares the tool that stands in for a demanded answer form.</summary>
    public void SetStructuredTool(JsonText egressName) => StructuredTool = Own(egressName);

    /// <summary>Notes that the provider knows <paramref name="tool"/> as the function <paramref name="egressName"/>.</summary>
    public void AddTool(JsonText egressName, in ClientTool tool) =>
        (_tools ??= [])[Own(egressName)] = new(Own(tool.Name), tool.Namespace.IsAbsent ? default : Own(tool.Namespace), tool.Form);

    /// <summary>What the client calls the tool the provider calls <paramref name="egressName"/>.</summary>
    public ClientTool ClientTool(JsonText egressName) =>
        _tools is not null && _tools.TryGetValue(egressName, out ClientTool tool) ? tool : new(egressName);

    /// <summary>Whether <paramref name="egressName"/> is the tool that stands in for a demanded answer form.</summary>
    public bool IsStructuredTool(JsonText egressName) => !StructuredTool.IsAbsent && StructuredTool.Equals(egressName);

    private static JsonText Own(JsonText text) => new(text.Span.ToArray());
}
