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
    private Dictionary<JsonText, JsonText>? _names;
    private HashSet<JsonText>? _customTools;

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

    /// <summary>Name, as the provider sees it, of the tool that stands in for a demanded answer form; absent when there is none.</summary>
    public JsonText StructuredTool { get; private set; }

    /// <summary>Declares the tool that stands in for a demanded answer form.</summary>
    public void SetStructuredTool(JsonText egressName) => StructuredTool = Own(egressName);

    /// <summary>Notes that the provider knows the client's tool <paramref name="clientName"/> as <paramref name="egressName"/>.</summary>
    public void AddName(JsonText egressName, JsonText clientName) => (_names ??= [])[Own(egressName)] = Own(clientName);

    /// <summary>Notes that the free-text tool <paramref name="egressName"/> was sent as a function with one string argument.</summary>
    public void AddCustomTool(JsonText egressName) => (_customTools ??= []).Add(Own(egressName));

    /// <summary>The client's name of the tool the provider calls <paramref name="egressName"/>.</summary>
    public JsonText ClientName(JsonText egressName) =>
        _names is not null && _names.TryGetValue(egressName, out JsonText name) ? name : egressName;

    /// <summary>Whether <paramref name="egressName"/> is a free-text tool in disguise.</summary>
    public bool IsCustomTool(JsonText egressName) => _customTools is not null && _customTools.Contains(egressName);

    /// <summary>Whether <paramref name="egressName"/> is the tool that stands in for a demanded answer form.</summary>
    public bool IsStructuredTool(JsonText egressName) => !StructuredTool.IsAbsent && StructuredTool.Equals(egressName);

    private static JsonText Own(JsonText text) => new(text.Span.ToArray());
}
