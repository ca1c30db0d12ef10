using Busbar.Ir.Request;

namespace Busbar.Ir;

/// <summary>
/// Everything a translation can lose, as the fixed values of the <c>field</c> label. The metric value is the snake_case form of the name.
/// At most 128 members, so that one request's losses fit two words.
/// </summary>
internal enum LossField : byte
{
    Temperature, TopP, TopK, MaxTokens, StopSequences, Seed, FrequencyPenalty, PresencePenalty, CandidateCount, Logprobs, LogitBias,
    ResponseFormat, ResponseFormatName, Reasoning, ReasoningDisplay, User, Metadata, ServiceTier, ParallelToolCalls, ToolChoice,
    HostedTool, CustomToolFormat, ToolStrict, ToolName, SystemPosition, CacheControl, Thinking, ThinkingSignature, ToolSignature,
    Image, ImageDetail, Document, DocumentContext, Audio, Video, SearchResult, ToolResultMedia, ToolResultError, OrphanToolResult,
    ServerTool, ToolChange, OpaqueBlock, VendorFile, Citations, CitationPosition, Refusal, Phase, AssistantPrefill, FirstTurn,
    EmptyTurn, Guardrails, Verbosity, Prediction, Modalities, PromptCacheKey, Truncation, Store, SafetySettings, ContextManagement,
    Container, StreamOptions, ExtraField, ToolInput, Schema, StopDetails, LateToolArguments, SystemFingerprint, MessageName,
    DuplicateTool, DeferredTool,
    RepeatedToolResult, UnansweredCall,
    StopReason,
}
